#!/bin/sh
# errors.sh DIR: write the bodies of the web server's own refusals, in the envelope of the API, as DIR/api.STATUS.html and (for what is
# refused before the path is known) DIR/request.STATUS.html. The names are lighttpd's; nginx uses the same files.
set -eu
mkdir -p "$1"

put() { # status code message [retry_after]
	printf '{"error":{"code":"%s","message":"%s"%s,"request_id":null}}\n' "$2" "$3" "${4:+,\"retry_after\":$4}" >"$dir/api.$1.html"
}

dir=$1
put 400 VALIDATION_ERROR 'The request is not valid HTTP: check its line, its headers and its percent escapes; GET takes no body'
put 403 FORBIDDEN 'The web server does not let this through'
put 404 NOT_FOUND 'There is nothing here; the API is under /api/v1'
put 405 METHOD_NOT_ALLOWED 'This method is not allowed here'
put 411 VALIDATION_ERROR 'A request with a body needs a Content-Length'
put 413 PAYLOAD_TOO_LARGE 'The body is larger than any that this API takes'
put 417 VALIDATION_ERROR 'The Expect header asks for what this server does not do'
put 431 PAYLOAD_TOO_LARGE 'The headers are larger than 8 KiB'
put 500 INTERNAL_ERROR 'The answer was cut off; read back whether the change was made before you repeat it'
put 501 METHOD_NOT_ALLOWED 'This method is not known'
put 502 SERVICE_UNAVAILABLE 'The dashboard is restarting' 2
put 503 SERVICE_UNAVAILABLE 'The dashboard is restarting' 2
put 504 SERVICE_UNAVAILABLE 'The dashboard did not answer in time' 5
put 505 VALIDATION_ERROR 'This version of HTTP is not spoken here'
for status in 400 411 413 417 431 501 505; do
	cp "$dir/api.$status.html" "$dir/request.$status.html"
done
