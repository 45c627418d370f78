import { formatPercent } from '../lib/format.js';
import { html } from '../lib/html.js';
import { Sparkline } from './sparkline.js';

/** How the accuracy of a run went: its accuracy_curve, [[round, accuracy], …]. */
export function AccuracySpark({ curve = [], accuracy }) {
	return html`<${Sparkline} xs=${curve.map((p) => p[0])} values=${curve.map((p) => p[1])} label=${`Accuracy by round, now ${formatPercent(accuracy)}`} />`;
}
