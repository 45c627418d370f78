import { client } from '../app/client.js';
import { useResource, useUpdates } from '../app/resource.js';
import { href } from '../app/router.js';
import { may } from '../app/session.js';
import { formatNumber, titleOf, words } from '../lib/format.js';
import { html, useEffect, useRef } from '../lib/html.js';
import { isYesOrNo, metricWords } from '../lib/rule.js';
import { Badge } from '../parts/badge.js';
import { Loaded } from '../parts/blank.js';
import { Icon } from '../parts/icons.js';
import { Ago, Time } from '../parts/time.js';

/** One alert with its whole story; close is where the cross leads. */
export function AlertDetail({ id, close, settle }) {
	const detail = useResource(`alert ${id}`, (signal) => client.alerts.get(id, { signal }), { every: 15_000, liveEvery: 60_000 });
	useUpdates('alert', (update) => { if (update.id === id) detail.reload(); });
	const head = useRef(null);
	const there = Boolean(detail.data);
	useEffect(() => { if (there) head.current?.focus({ preventScroll: innerWidth > 1100 }); }, [there]);
	return html`<section class="card detail" aria-label=${`Alert ${id}`}>
		<div class="card-head"><span class="small faint mono">${id}</span><a class="icon-button end" href=${close} aria-label="Close the alert"><${Icon} name="cross" /></a></div>
		<${Loaded} from=${detail} what=${`the alert ${id}`} rows=${7}>${({ alert: a }) => html`<div class="stack">
			<div class="stack-small"><h2 tabindex="-1" ref=${head}>${a.title}</h2><p>${a.description}</p>
				<div class="row"><${Badge} kind="severity" state=${a.severity} /><${Badge} kind="alert" state=${a.status} />${a.silenced && a.status !== 'resolved' && html`<a class="row small" href=${href(['alerts', 'silences'])}><${Icon} name="mute" /> Nobody is told: silenced</a>`}</div></div>
			${may('operator') && a.status !== 'resolved' && html`<div class="row">
				${a.status === 'active' && html`<button type="button" class="button button-main" onClick=${() => settle(a, 'acknowledge')}><${Icon} name="eye" /> Acknowledge</button>`}
				<button type="button" class="button" onClick=${() => settle(a, 'resolve')}><${Icon} name="check" /> Resolve</button>
				<a class="button" href=${href(['alerts', 'silences'], { create: 'new', service: a.service, experiment: a.experiment_id, rule: a.rule_id })}><${Icon} name="mute" /> Silence</a></div>`}
			<${Facts} alert=${a} />
			<div class="stack-small"><h3>What happened</h3><ol class="timeline">${a.history.toReversed().map((h, i) => html`<li key=${i}><${Time} at=${h.timestamp} /><div><b>${words(h.event)}</b>${h.actor && html` <span class="small faint">by ${h.actor}</span>`}${h.details && html`<div class="soft">${h.details}</div>`}</div></li>`)}</ol></div>
		</div>`}<//></section>`;
}

function Facts({ alert: a }) {
	return html`<dl class="pairs">
		${a.service && html`<dt>Service</dt><dd>${titleOf(a.service)} <a class="small" href=${href(['alerts'], { status: 'all', service: a.service })}>its alerts</a></dd>`}
		${a.experiment_id && html`<dt>Experiment</dt><dd><a href=${href(['experiments', a.experiment_id])}>${a.experiment_id}</a> <a class="small" href=${href(['alerts'], { status: 'all', experiment: a.experiment_id })}>its alerts</a></dd>`}
		${a.metric && !isYesOrNo(a.metric) && html`<dt>Value</dt><dd>${metricWords(a.metric)}: ${formatNumber(a.current_value)}, limit ${formatNumber(a.threshold)}</dd>`}
		<dt>Opened</dt><dd><${Time} at=${a.created_at} /> (<${Ago} at=${a.created_at} />)</dd>
		${a.acknowledged_at && html`<dt>Acknowledged</dt><dd><${Time} at=${a.acknowledged_at} /> by ${a.acknowledged_by}${a.comment && html`<div class="notes soft">${a.comment}</div>`}</dd>`}
		${a.resolved_at && html`<dt>Resolved</dt><dd><${Time} at=${a.resolved_at} /> ${a.resolved_by ? `by ${a.resolved_by}` : 'by itself'}${a.resolution && html`<div class="notes soft">${a.resolution}</div>`}</dd>`}
		<dt>Rule</dt><dd>${a.rule_id ? html`<a href=${href(['alerts', 'rules'], { edit: a.rule_id })}>${a.rule_id}</a>` : html`<span class="faint">deleted</span>`}</dd></dl>`;
}
