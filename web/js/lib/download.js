/** Hand a file to the user, made here. */
export function download(name, blob) {
	const url = URL.createObjectURL(blob);
	const link = Object.assign(document.createElement('a'), { href: url, download: name });
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

export const downloadText = (name, text, type) => download(name, new Blob([text], { type }));

/** A picture of canvases, one under the other, with a heading. */
export function downloadPicture(name, heading, canvases, { ground, ink, font }) {
	const scale = devicePixelRatio;
	const pad = 20 * scale;
	const head = 34 * scale;
	const canvas = document.createElement('canvas');
	canvas.width = Math.max(...canvases.map((c) => c.width)) + 2 * pad;
	canvas.height = canvases.reduce((sum, c) => sum + c.height + pad, pad + head);
	const ctx = canvas.getContext('2d');
	ctx.fillStyle = ground;
	ctx.fillRect(0, 0, canvas.width, canvas.height);
	ctx.fillStyle = ink;
	ctx.font = `600 ${15 * scale}px ${font}`;
	ctx.textBaseline = 'middle';
	ctx.fillText(heading, pad, pad + head / 3, canvas.width - 2 * pad);
	let y = pad + head;
	for (const c of canvases) {
		ctx.drawImage(c, pad, y);
		y += c.height + pad;
	}
	canvas.toBlob((blob) => blob && download(name, blob), 'image/png');
}
