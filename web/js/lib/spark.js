/** Path of a small line through `values` (null: a gap) in a box; pure. `range` fixes the scale; xs, ascending, says where each is. */
export function sparkPath(values, width, height, range = null, xs = null) {
	const shown = values.filter((v) => typeof v === 'number' && Number.isFinite(v));
	if (shown.length < 1) return '';
	const low = range ? range[0] : Math.min(...shown);
	const high = range ? range[1] : Math.max(...shown);
	const span = high - low || 1;
	const step = values.length > 1 ? width / (values.length - 1) : 0;
	const scale = xs && xs.at(-1) > xs[0] ? width / (xs.at(-1) - xs[0]) : 0;
	const xOf = (i) => (scale > 0 ? (xs[i] - xs[0]) * scale : i * step);
	let path = '';
	let pen = false;
	values.forEach((value, i) => {
		if (typeof value !== 'number' || !Number.isFinite(value)) {
			pen = false;
			return;
		}
		const y = high === low ? height / 2 : height - ((value - low) / span) * height;
		path += `${pen ? 'L' : 'M'}${xOf(i).toFixed(1)} ${Math.min(height, Math.max(0, y)).toFixed(1)}`;
		pen = true;
	});
	return path;
}
