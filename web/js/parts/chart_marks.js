/** Draws marks of a timeline above the lines: each kind has a shape and a colour of its own. */
export function marksPlugin(getMarks, colour) {
	const TONES = { state: '--busy', join: '--good', drop: '--warn', alert: '--bad' };
	return {
		hooks: {
			draw: [(u) => {
				const ctx = u.ctx;
				const { left, top, width, height } = u.bbox;
				const r = 4 * devicePixelRatio;
				ctx.save();
				for (const mark of getMarks() ?? []) {
					// What was before the first point stands at its side.
					const x = u.valToPos(Math.max(mark.x, u.data[0][0] ?? mark.x), 'x', true);
					if (!(x >= left - 1 && x <= left + width + 1)) continue;
					ctx.strokeStyle = ctx.fillStyle = colour(TONES[mark.kind]);
					ctx.lineWidth = devicePixelRatio;
					ctx.globalAlpha = 0.55;
					ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
					ctx.beginPath();
					ctx.moveTo(x, top);
					ctx.lineTo(x, top + height);
					ctx.stroke();
					ctx.globalAlpha = 1;
					ctx.setLineDash([]);
					shape(ctx, mark.kind, x, top - 2 * r, r);
				}
				ctx.restore();
			}],
		},
	};
}

function shape(ctx, kind, x, y, r) {
	ctx.beginPath();
	if (kind === 'state') {
		ctx.moveTo(x - r, y - r);
		ctx.lineTo(x + r, y - r);
		ctx.lineTo(x, y + r);
		ctx.closePath();
		ctx.fill();
	} else if (kind === 'join') {
		ctx.arc(x, y, r * 0.9, 0, 7);
		ctx.fill();
	} else if (kind === 'drop') {
		ctx.lineWidth *= 2;
		ctx.moveTo(x - r, y - r);
		ctx.lineTo(x + r, y + r);
		ctx.moveTo(x + r, y - r);
		ctx.lineTo(x - r, y + r);
		ctx.stroke();
	} else {
		ctx.moveTo(x, y - r * 1.2);
		ctx.lineTo(x + r * 1.2, y);
		ctx.lineTo(x, y + r * 1.2);
		ctx.lineTo(x - r * 1.2, y);
		ctx.closePath();
		ctx.fill();
	}
}
