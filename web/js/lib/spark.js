/** Path of a small line through `values` (null: a gap) in a box; pure. `range` fixes the scale. */
export function sparkPath(values, width, height, range = null) {
	const shown = values.filter((v) => typeof v === 'number' && Number.isFinite(v));
	if (shown.length < 1) return '';
	const low = range ? range[0] : Math.min(...shown);
	const high = range ? range[1] : Math.max(...shown);
	const span = high - low || 1;
	const step = values.length > 1 ? width / (values.length - 1) : 0;
	let path = '';
	let pen = false;
	values.forEach((value, i) => {
		if (typeof value !== 'number' || !Number.isFinite(value)) {
			pen = false;
			return;
		}
		const y = high === low ? height / 2 : height - ((value - low) / span) * height;
		path += `${pen ? 'L' : 'M'}${(i * step).toFixed(1)} ${Math.min(height, Math.max(0, y)).toFixed(1)}`;
		pen = true;
	});
	return path;
}
