import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { href } from '../app/router.js';
import { formatBytes, formatInteger, formatMs, plural, titleOf } from '../lib/format.js';
import { html, useState } from '../lib/html.js';
import { badness, stateOf } from '../lib/status.js';
import { Badge } from '../parts/badge.js';
import { Icon } from '../parts/icons.js';
import { Sparkline } from '../parts/sparkline.js';
import { Ago } from '../parts/time.js';

const OVERALL = { healthy: 'The platform is well', degraded: 'Something needs a look', unhealthy: 'The platform is not well' };

/** The overall state and this dashboard's own parts. */
export function Platform({ health, active, alerts }) {
	const { tone, icon } = stateOf('service', health.status);
	const { store, monitor, stream } = health;
	return html`<div class="hero"><div class="hero-state"><span class=${`hero-mark tone-${tone}`}><${Icon} name=${icon} size=${24} /></span>
			<div><h2>${OVERALL[health.status] ?? health.status}</h2><div class="small soft">Version ${health.version}, up ${health.uptime}, as of <${Ago} at=${health.timestamp} /></div></div></div>
		<dl class="facts">
			<div><dt>Active runs</dt><dd>${formatInteger(active)}</dd></div>
			<div><dt>Open alerts</dt><dd>${formatInteger(alerts)}</dd></div>
			<div><dt>Store</dt><dd><${Badge} kind="service" state=${store.status} title=${store.issues.join('; ')} /><div class="small faint">${formatBytes(store.size_bytes)} of ${formatBytes(store.max_bytes)}</div></dd></div>
			<div><dt>Monitor</dt><dd><${Badge} kind="service" state=${monitor.status} /></dd></div>
			<div><dt>Live updates</dt><dd><${Badge} kind="service" state=${stream.status} /></dd></div></dl></div>`;
}

/** Each card reads its own past: of hundreds of services, as many as can be seen. */
const CARDS = 24;

/** Services and dependencies; those that nobody has set up take one line together. */
export function Services({ services, dependencies }) {
	const all = [...Object.entries(services).map(([name, s]) => [name, s, 'server']), ...Object.entries(dependencies).map(([name, s]) => [name, s, 'database'])];
	const set = all.filter(([, s]) => s.status !== 'not_configured').sort((a, b) => badness(b[1].status) - badness(a[1].status));
	const [everything, setAll] = useState(false);
	const shown = everything || set.length <= CARDS + 3 ? set : set.slice(0, CARDS);
	const rest = all.filter(([, s]) => s.status === 'not_configured');
	const named = useResource('service titles', (signal) => client.config.get({ signal }), { every: 0, liveEvery: 0 });
	const titleIn = (name) => named.data?.services[name]?.title ?? titleOf(name);
	return html`<section class="stack" aria-label="Services"><div class="section-head"><h2>Services</h2></div>
		${set.length > 0 && html`<div class="cards">${shown.map(([name, s, icon]) => html`<${ServiceCard} key=${name} name=${name} title=${titleIn(name)} service=${s} icon=${icon} />`)}</div>`}
		${shown.length < set.length && html`<div class="card row"><span class="grow">and ${plural(set.length - shown.length, 'more service')}, none of them worse</span><button type="button" class="button button-small" onClick=${() => setAll(true)}>Show all</button></div>`}
		${rest.length > 0 && html`<div class="card row"><${Badge} kind="service" state="not_configured" /><span>${rest.map(([name]) => titleOf(name)).join(', ')}</span>
			<span class="small soft">${set.length === 0 ? 'Experiments run on this machine without them. ' : ''}Their addresses are part of the <a href="#/configuration">configuration</a>.</span></div>`}</section>`;
}

const KEPT = 60;
/** Response times as they arrive; begun with the last ten minutes. */
function useResponseTimes(name) {
	const history = useResource(`response ${name}`, async (signal) => {
		const to = Date.now();
		const answer = await client.metrics.history({ service: name, metric: 'response_time_ms', from: new Date(to - 600_000).toISOString(), to: new Date(to).toISOString(), step: 10 }, { signal });
		return answer.points.map((p) => p.value);
	}, { every: 0, liveEvery: 0 });
	const [more, setMore] = useState([]);
	useUpdates('metrics_update', (u) => { if (u.service === name && typeof u.metrics?.response_time_ms === 'number') setMore((m) => [...m, u.metrics.response_time_ms].slice(-KEPT)); });
	return [...(history.data ?? []), ...more].slice(-KEPT);
}

function ServiceCard({ name, title, service: s, icon }) {
	const { tone } = stateOf('service', s.status);
	const times = useResponseTimes(name);
	return html`<article class=${`card service-card edge-${tone}`}>
		<div class="card-head"><${Icon} name=${icon} size=${18} /><h3 class="grow"><a href=${href(['metrics'], { services: name })} title="Its metrics">${title}</a></h3><${Badge} kind="service" state=${s.status} /></div>
		${s.issues.length > 0 && html`<div class="issues">${s.issues.map((issue) => html`<div key=${issue}>${issue}</div>`)}</div>`}
		<div class="small soft">${s.since ? html`since <${Ago} at=${s.since} />` : 'never observed'}${s.version ? ` · version ${s.version}` : ''}</div>
		<div class="foot"><div><b>${formatMs(s.response_time_ms)}</b><div>checked <${Ago} at=${s.last_check} />${s.stale ? html` <b>(stale)</b>` : ''}</div></div>
			<${Sparkline} values=${times} label=${`Response time of ${title}`} width=${110} height=${32} /></div></article>`;
}
