import { formatNumber, titleOf } from '../lib/format.js';
import { html } from '../lib/html.js';
import { labelOf, SECTIONS, showValue, valueAt } from '../lib/settings.js';
import { Icon } from '../parts/icons.js';

/** For those who may not change it: the same, to read. */
export function ConfigurationView({ config, groups }) {
	const own = Object.entries(config.services);
	return html`<p class="banner banner-busy"><${Icon} name="lock" size=${18} /><span>Only administrators can change the configuration.</span></p>
		<div class="columns">${[...groups.sections].map(([name, settings]) => html`<section class="card" key=${name} aria-label=${SECTIONS[name]?.[0] ?? name}><div class="card-head"><h2>${SECTIONS[name]?.[0] ?? name}</h2></div>
			<dl class="pairs">${settings.map((s) => pair(s, s.path, valueAt(config, s.path, s.default)))}</dl></section>`)}
		<section class="card" aria-label="Services"><div class="card-head"><h2>Services</h2></div>${own.length === 0 ? html`<p class="soft">Every service is asked in the usual way.</p>` : html`<div class="stack">${own.map(([name, members]) => html`<div key=${name} class="stack-small"><h3>${members.title ?? titleOf(name)}</h3>
			<dl class="pairs">${groups.service.filter((s) => Object.hasOwn(members, s.name)).map((s) => pair(s, `services.${name}.${s.name}`, members[s.name]))}</dl></div>`)}</div>`}</section></div>`;
}

function pair(setting, path, value) {
	const shown = typeof value === 'number' && setting.unit ? `${formatNumber(value)} ${setting.unit}` : showValue(value);
	return [html`<dt key=${path} title=${setting.help}>${labelOf(path)}</dt>`, html`<dd key=${`${path}=`} class=${value === null ? 'faint' : null}>${shown}</dd>`];
}
