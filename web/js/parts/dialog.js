import { html, useEffect, useRef } from '../lib/html.js';
import { Icon } from './icons.js';

/** A modal dialog; Escape and the cross close it, the browser keeps the focus in it and gives it back. */
export function Dialog({ title, small, onClose, onSubmit, foot, children }) {
	const box = useRef(null);
	useEffect(() => {
		const dialog = box.current;
		const before = document.activeElement;
		dialog.showModal();
		return () => {
			if (dialog.open) dialog.close();
			(before?.isConnected && before !== document.body ? before : document.getElementById('main'))?.focus();
		};
	}, []);
	const content = html`
		<div class="dialog-head"><h2 id="dialog-title">${title}</h2><button type="button" class="icon-button" aria-label="Close" onClick=${onClose}><${Icon} name="cross" /></button></div>
		<div class="dialog-body">${children}</div>
		<div class="dialog-foot">${foot}</div>`;
	return html`<dialog ref=${box} class=${`dialog${small ? ' dialog-small' : ''}`} aria-labelledby="dialog-title" onCancel=${(e) => { e.preventDefault(); onClose(); }}>
		${onSubmit ? html`<form novalidate onSubmit=${(e) => { e.preventDefault(); onSubmit(); }}>${content}</form>` : html`<div class="dialog-inner">${content}</div>`}</dialog>`;
}
