/** Put a text on the clipboard; true when it worked. Pages without TLS have only the old way. */
export async function copyText(text, from) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch { /* not there, or not allowed */ }
	const selection = getSelection();
	selection.removeAllRanges();
	const range = document.createRange();
	range.selectNodeContents(from);
	selection.addRange(range);
	return document.execCommand('copy');
}
