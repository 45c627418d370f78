import { announce } from '../app/announce.js';
import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { go, href } from '../app/router.js';
import { seriesKey, useSeries } from '../app/series.js';
import { noteTimestamp, serverNow } from '../app/clock.js';
import { session } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { toCsv } from '../lib/chart_data.js';
import { downloadText } from '../lib/download.js';
import { parseTime, plural, titleOf } from '../lib/format.js';
import { html, useEffect, useMemo, useRef, useState } from '../lib/html.js';
import { byWeight, isMoving, METRIC_COLUMNS, metricRows, metricsOf, RANGES, readNames, readRange, spanOf, USUAL, withMetrics } from '../lib/metrics.js';
import { stateOf } from '../lib/status.js';
import { zoneName } from '../lib/time_ticks.js';
import { Empty, Loaded } from '../parts/blank.js';
import { Icon } from '../parts/icons.js';
import { Picker } from '../parts/picker.js';
import { now } from '../parts/time.js';
import { MetricCharts, nameOf } from './metrics_charts.js';
import { RangePicker } from './metrics_range.js';

const SERVICES_MAX = 8;
const METRICS_MAX = 12;
const DEFAULTS = { range: '1h', by: 'service' };

/** Metrics by service that were there once: a chart stays while its service does not answer. */
const seen = new Map();
session.subscribe(() => seen.clear());
function offeredBy(name, service) {
	const metrics = metricsOf(service, seen.get(name));
	seen.set(name, metrics);
	return metrics;
}

/** What is there to choose from, and what is chosen: the address's word, else what is set up and usual. */
function choose(services, query) {
	const there = Object.keys(services).filter((name) => services[name].status !== 'not_configured');
	const shown = query.services === undefined ? there.slice(0, SERVICES_MAX) : readNames(query.services, SERVICES_MAX).filter((name) => Object.hasOwn(services, name));
	const metrics = [...new Set(shown.flatMap((name) => offeredBy(name, services[name])))].sort(byWeight);
	const chosen = query.metrics === undefined ? USUAL.filter((m) => metrics.includes(m)) : readNames(query.metrics, METRICS_MAX);
	return { services: shown, offered: [...new Set([...metrics, ...chosen])].sort(byWeight), metrics: chosen.toSorted(byWeight) };
}

export default function Metrics({ query }) {
	const live = useResource('metrics live', async (signal) => {
		const answer = await client.metrics.live({}, { signal });
		noteTimestamp(answer.timestamp);
		return answer;
	}, { every: 5000, liveEvery: 60_000 });
	const config = useResource('config', (signal) => client.config.get({ signal }), { every: 60_000, liveEvery: 300_000 });
	useUpdates('metrics_update', (u) => { if (u.change === 'config') config.refresh(); });
	useEffect(() => setTitle('Metrics'), []);
	return html`<header class="page-head"><h1>Metrics</h1></header>
		${config.data?.features.real_time_metrics === false && html`<p class="banner banner-warn"><${Icon} name="triangle" size=${18} /><span>Metrics are not collected now: the feature is switched off in the <a href=${href(['configuration'])}>configuration</a>.</span></p>`}
		<${Loaded} from=${live} what="the metrics" rows=${8}>${(data) => html`<${Board} live=${live} services=${data.services} query=${query} />`}<//>`;
}

/** Which step of so many seconds it is: the window moves with it, and nothing is drawn in between. */
function useMoment(seconds) {
	const read = () => Math.floor(serverNow() / 1000 / seconds);
	const [moment, setMoment] = useState(read);
	useEffect(() => {
		setMoment(read());
		return now.subscribe(() => setMoment(read()));
	}, [seconds]);
	return moment;
}

function Board({ live, services, query }) {
	const newest = useRef(new Map());
	const range = useMemo(() => readRange(query), [query.range, query.from, query.to]);
	const { services: names, offered, metrics } = choose(services, query);
	const has = new Map(names.map((name) => [name, offeredBy(name, services[name])]));
	const gone = metrics.filter((m) => !names.some((name) => has.get(name).includes(m))); // of the past, perhaps
	const wanted = names.flatMap((service) => metrics.filter((m) => has.get(service).includes(m) || gone.includes(m)).map((metric) => ({ service, metric })));
	const { series, take, reload } = useSeries(wanted, range);
	const moment = useMoment(isMoving(range) ? Math.max(5, range.step) : 1e9);
	const span = useMemo(() => spanOf(range, serverNow()), [range, moment]);

	useUpdates('metrics_update', (u) => {
		if (u.change !== 'sample') return live.refresh();
		take(u.service, u.metrics, parseTime(u.at));
		newest.current.set(u.service, u);
		if (newest.current.size > 1) return;
		live.change((data) => { // once for all that came meanwhile: there may be a thousand services
			const fresh = [...newest.current.values()].filter((s) => Object.hasOwn(data.services, s.service)).map((s) => [s.service, withMetrics(data.services[s.service], s)]);
			newest.current.clear();
			return { ...data, services: { ...data.services, ...Object.fromEntries(fresh) } };
		});
	});
	useEffect(() => { // without a live connection they are asked for
		for (const [name, s] of Object.entries(services)) if (!s.stale && s.observed_at) take(name, s, parseTime(s.observed_at));
	}, [services]);

	const set = (part, options) => go(['metrics'], { ...query, ...part }, { defaults: DEFAULTS, ...options });
	const setRange = (part) => set({ range: undefined, from: undefined, to: undefined, of: undefined, ...part });
	const zoom = (ends) => (ends ? setRange({ range: 'custom', from: new Date(ends[0] * 1000).toISOString(), to: new Date(ends[1] * 1000).toISOString(), of: range.name === 'custom' ? query.of : range.name }) : query.of && setRange({ range: query.of }));
	const by = query.by === 'metric' ? 'metric' : 'service';
	const rows = wanted.map((w) => ({ ...w, ...series.get(seriesKey(w.service, w.metric)) }));
	const complete = rows.length > 0 && rows.every((r) => r.points || r.error);
	useEffect(() => { if (complete) announce(`${plural(rows.length, 'line')} of metrics over ${RANGES[range.name]?.[2] ?? 'the time that you chose'}.`); }, [complete, range, rows.length]);
	const save = () => downloadText(`metrics-${new Date(span[0] * 1000).toISOString().slice(0, 16).replaceAll(':', '')}.csv`, toCsv(METRIC_COLUMNS, metricRows(rows.filter((r) => r.points), span, range.step)), 'text/csv');
	const optionOf = (name) => [name, nameOf(name, services), stateOf('service', services[name].status).word.toLowerCase()];
	return html`
		<div class="metrics-bar">
			<${RangePicker} range=${range} zoomedFrom=${Object.hasOwn(RANGES, query.of ?? '') ? query.of : null} onPick=${setRange} />
			<${Picker} label="Services" options=${Object.keys(services).map(optionOf)} picked=${names} most=${SERVICES_MAX} onPick=${(list) => set({ services: list.join('.') || '-' }, { replace: true })} />
			<${Picker} label="Metrics" options=${offered.map((m) => [m, titleOf(m)])} picked=${metrics} most=${METRICS_MAX} onPick=${(list) => set({ metrics: list.join('.') || '-' }, { replace: true })} />
			<div class="segments" role="group" aria-label="One group of charts for each">${[['service', 'By service'], ['metric', 'By metric']].map(([name, title]) => html`<button key=${name} type="button" aria-pressed=${by === name ? 'true' : 'false'} onClick=${() => set({ by: name }, { replace: true })}>${title}</button>`)}</div>
			<button type="button" class="button end" disabled=${!rows.some((r) => r.points?.length)} onClick=${save}><${Icon} name="download" /> CSV</button>
		</div>
		<p class="small faint">Times are local (${zoneName(new Date(span[1] * 1000))}); UTC is shown on hover. One point stands for ${stepWords(range.step)}. Drag over a chart to zoom; with the keyboard: arrows, + and −.</p>
		${wanted.length === 0 ? html`<div class="card"><${Empty} icon="chart" title="Nothing is chosen"><p>Choose at least one service and one metric above. Services that nobody has set up have no metrics.</p>
			<button type="button" class="button" onClick=${() => set({ services: undefined, metrics: undefined })}>Show the usual</button><//></div>`
			: html`<${MetricCharts} by=${by} rows=${rows} services=${services} range=${range} span=${span} onZoom=${zoom} reload=${reload} />`}`;
}

const stepWords = (s) => (s < 60 ? `${s} s` : s < 3600 ? `${s / 60} min` : s < 86_400 ? `${s / 3600} h` : `${s / 86_400} d`);
