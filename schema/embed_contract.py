"""Turn the contract into one C file: embed_contract.py openapi.yaml openapi.json asyncapi.yaml > contract_text.c.  The API serves them as they are."""
import sys


def c_string(data):
    # One line of C a line of text; bytes beyond ASCII as octal, which unlike \x takes three digits at most.
    for line in data.splitlines(keepends=True):
        for at in range(0, len(line), 2000):
            part = line[at:at + 2000]
            yield '\t"' + "".join(chr(b) if 32 <= b < 127 and b not in b'"\\?' else f"\\{b:03o}" for b in part) + '"'


print('/* Made by schema/embed_contract.py. */\n#include "config.h"\n\n#include "api/contract.h"\n')
for name, path in zip(("yaml", "json", "live_yaml"), sys.argv[1:], strict=True):
    print(f"const char contract_{name}[] =")
    print("\n".join(c_string(open(path, "rb").read())) + ";\n")
