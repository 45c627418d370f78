import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { serverNow } from '../app/clock.js';
import { formatInteger, formatTime, formatTimeFully, titleOf } from '../lib/format.js';
import { html, useMemo } from '../lib/html.js';
import { alignSeries, formatMetric, formatTicks, isLive, isMoving, rangeOf, statesOf, statsOf } from '../lib/metrics.js';
import { stateOf } from '../lib/status.js';
import { Badge } from '../parts/badge.js';
import { Chart } from '../parts/chart.js';
import { Icon } from '../parts/icons.js';
import { TableBox } from '../parts/table.js';
import { Ago } from '../parts/time.js';

/** What a service is called: by the configuration, else by the platform. */
export const nameOf = (name, services) => services[name]?.title ?? titleOf(name);
const iso = (s) => new Date(s * 1000).toISOString();

/** Charts in groups, by service or by metric, under one crosshair; then their numbers. */
export function MetricCharts({ by, rows, services, range, span, onZoom, reload }) {
	const groups = Map.groupBy(rows, (r) => r[by]);
	const places = [...new Set(rows.map((r) => r.service))];
	const failed = rows.find((r) => r.error);
	return html`
		${failed && html`<p class="banner banner-warn" role="alert"><${Icon} name="triangle" size=${18} /><span class="grow">${titleOf(failed.metric)} of ${nameOf(failed.service, services)} could not be read: ${failed.error.message}</span><button type="button" class="button button-small" onClick=${reload}><${Icon} name="refresh" /> Try again</button></p>`}
		${by === 'service' ? [...groups].map(([name, list]) => html`<section class="card stack-small" key=${name} aria-label=${nameOf(name, services)}>
				<${ServiceHead} name=${name} title=${nameOf(name, services)} service=${services[name]} range=${range} span=${span} />
				<div class="chart-grid">${list.map((r) => html`<${MetricChart} key=${r.metric} title=${titleOf(r.metric)} metric=${r.metric} rows=${[r]} label=${() => titleOf(r.metric)} range=${range} span=${span} onZoom=${onZoom} />`)}</div></section>`)
			: html`<section class="card" aria-label="Charts"><div class="chart-grid chart-grid-wide">${[...groups].map(([metric, list]) => html`<${MetricChart} key=${metric} title=${titleOf(metric)} metric=${metric} level="h2" rows=${list} label=${(r) => nameOf(r.service, services)} place=${(r) => places.indexOf(r.service)} range=${range} span=${span} onZoom=${onZoom} />`)}</div></section>`}
		<${Numbers} rows=${rows} services=${services} range=${range} span=${span} />`;
}

function MetricChart({ title, level = 'h3', metric, rows, label, place, range, span, onZoom }) {
	const lists = rows.map((r) => r.points);
	const data = useMemo(() => alignSeries(lists.map((p) => p ?? []), range.step, span), [...lists, range.step, span[0], span[1]]);
	const loading = rows.some((r) => !r.points && !r.error);
	const note = data[0].length > 0 ? null : loading ? 'Loading …' : rows.every((r) => r.error) ? 'Could not be read' : 'Nothing was measured in this time';
	const series = rows.map((r) => ({ label: label(r), place: place?.(r) }));
	return html`<div class="metric-chart"><${level}>${title}<//>
		<${Chart} title=${title} data=${data} series=${series} dashed=${Boolean(place)} time group="metrics" span=${span} note=${note} onZoom=${onZoom} height=${190}
			yFormat=${(v) => formatMetric(metric, v)} yTicks=${(ticks) => formatTicks(metric, ticks)} xFormat=${(x) => formatTime(iso(x))} xTitle=${(x) => formatTimeFully(iso(x))} range=${rangeOf(metric)} /></div>`;
}

/** Name, state now, and the states over the same time as the charts. */
function ServiceHead({ name, title, service, range, span }) {
	return html`<div class="card-head"><h2>${title}</h2><${Badge} kind="service" state=${service.status} />
			<span class="small soft">${service.observed_at ? html`measured <${Ago} at=${service.observed_at} />${service.stale ? html` <b>(stale)</b>` : ''}` : 'never measured'}</span></div>
		${name !== 'dashboard' && html`<${States} name=${name} title=${title} range=${range} span=${span} />`}`;
}

const CHANGES = 100;
/** A bar of the states; where nothing is known it is empty. */
function States({ name, title, range, span }) {
	const history = useResource(`states ${name} ${range.name} ${range.to ?? ''}`, (signal) => client.health.history(name, { sort: 'timestamp:desc', limit: CHANGES, ...(isMoving(range) ? {} : { to: iso(range.to) }) }, { signal }), { every: 60_000, liveEvery: 0 });
	useUpdates('metrics_update', (u) => { if (u.change === 'service' && u.service === name && isLive(range, serverNow())) history.refresh(); });
	const states = statesOf(history.data?.history ?? [], span, serverNow() / 1000);
	const [from, to] = span;
	const words = states.map((s) => `${stateOf('service', s.status).word} from ${formatTime(iso(s.from))} to ${formatTime(iso(s.to))}${s.issues.length ? `: ${s.issues.join('; ')}` : ''}`);
	return html`<div class="states" role="img" aria-label=${`States of ${title}: ${words.slice(-5).join('. ') || 'none known'}`}>
		${states.map((s, i) => html`<span key=${s.from} class=${`state tone-${stateOf('service', s.status).tone}`} title=${words[i]} style=${{ left: `${((s.from - from) / (to - from)) * 100}%`, width: `${((s.to - s.from) / (to - from)) * 100}%` }}><${Icon} name=${stateOf('service', s.status).icon} size=${10} />${stateOf('service', s.status).word}</span>`)}</div>`;
}

/** The same in numbers, for the eye that wants them and the ear that cannot see charts. */
function Numbers({ rows, services, range, span }) {
	return html`<section class="card card-flush" aria-label="In numbers"><div class="card-head"><h2>In numbers</h2></div>
		<${TableBox} label="Numbers of each metric"><thead><tr><th scope="col">Service</th><th scope="col">Metric</th>${['Last', 'Least', 'Mean', 'Greatest', 'Samples'].map((t) => html`<th scope="col" class="number" key=${t}>${t}</th>`)}</tr></thead>
		<tbody>${rows.map((r) => {
			const s = statsOf(r.points ?? [], span, range.step);
			return html`<tr key=${`${r.service} ${r.metric}`}><th scope="row" class="nowrap">${nameOf(r.service, services)}</th><td class="nowrap">${titleOf(r.metric)}</td>${['last', 'min', 'mean', 'max'].map((k) => html`<td class="number" key=${k}>${formatMetric(r.metric, s[k])}</td>`)}<td class="number">${formatInteger(s.n)}</td></tr>`;
		})}</tbody><//></section>`;
}
