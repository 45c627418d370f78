import { plural } from '../lib/format.js';
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { Icon } from './icons.js';

const SEARCH_FROM = 12; // entries; fewer are seen at a glance
const SHOWN = 60; // of hundreds: the others are found by their names

/** Some of many: a button that says what is picked, and a list of check boxes under it. options: [[name, title, note]]; most: of picked ones. */
export function Picker({ label, options, picked, onPick, most }) {
	const box = useRef(null);
	const [open, setOpen] = useState(false);
	const [text, setText] = useState('');
	useEffect(() => {
		if (!open) return undefined;
		const away = (event) => !box.current.contains(event.target) && setOpen(false);
		addEventListener('pointerdown', away);
		addEventListener('focusin', away);
		return () => {
			removeEventListener('pointerdown', away);
			removeEventListener('focusin', away);
		};
	}, [open]);
	const close = (event) => {
		if (event.key !== 'Escape' || !open) return;
		event.stopPropagation();
		setOpen(false);
		box.current.querySelector('button').focus();
	};
	const titles = options.filter(([name]) => picked.includes(name)).map(([, title]) => title);
	const wanted = text.trim().toLowerCase();
	const found = open ? options.filter(([name, title]) => `${name} ${title}`.toLowerCase().includes(wanted)) : [];
	const shown = found.filter(([name], i) => i < SHOWN || picked.includes(name));
	const toggle = (name, on) => onPick(on ? [...picked, name] : picked.filter((n) => n !== name));
	return html`<div class="picker" ref=${box} onKeyDown=${close}>
		<button type="button" class="button picker-button" aria-expanded=${open ? 'true' : 'false'} onClick=${() => setOpen(!open)}><span class="soft">${label}</span> <span class="picker-what">${titles.length === 0 ? 'none' : titles.length > 2 ? `${titles.length} of ${options.length}` : titles.join(', ')}</span><${Icon} name="down_small" /></button>
		${open && html`<fieldset class="picker-list"><legend class="only-read">${label}</legend>
			${options.length >= SEARCH_FROM && html`<input class="input" type="search" aria-label=${`Search: ${label}`} placeholder="Search" value=${text} onInput=${(e) => setText(e.target.value)} />`}
			<div class="picker-options">${shown.map(([name, title, note]) => html`<label class="check" key=${name}><input type="checkbox" checked=${picked.includes(name)} disabled=${!picked.includes(name) && picked.length >= most} onChange=${(e) => toggle(name, e.target.checked)} /><span>${title}${note && html` <span class="small faint">${note}</span>`}</span></label>`)}
			${shown.length === 0 && html`<p class="small faint">Nothing has such a name.</p>`}
			${shown.length < found.length && html`<p class="small faint">and ${plural(found.length - shown.length, 'more', 'more')}: search for them</p>`}</div>
			<div class="row small">${picked.length > 0 && html`<button type="button" class="link-button" onClick=${() => onPick([])}>None</button>`}
				${options.length <= most && picked.length < options.length && html`<button type="button" class="link-button" onClick=${() => onPick(options.map(([name]) => name))}>All</button>`}
				${options.length > most && html`<span class="faint">${most} at most</span>`}</div></fieldset>`}</div>`;
}
