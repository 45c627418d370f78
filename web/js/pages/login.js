import { useValue } from '../lib/emitter.js';
import { html, useEffect, useRef, useState } from '../lib/html.js';
import { login, sessionNote } from '../app/session.js';
import { setTitle } from '../app/trouble.js';
import { TextField } from '../parts/field.js';
import { Icon } from '../parts/icons.js';

export default function Login() {
	const note = useValue(sessionNote);
	const [way, setWay] = useState('password');
	const [form, setForm] = useState({ username: '', password: '', token: '' });
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState(null);
	const box = useRef(null);
	useEffect(() => setTitle('Log in'), []);
	useEffect(() => box.current.querySelector('input')?.focus(), [way]);
	const set = (name) => (value) => setForm((f) => ({ ...f, [name]: value }));

	async function submit(event) {
		event.preventDefault();
		const who = way === 'token' ? { token: form.token.trim() } : { username: form.username.trim(), password: form.password };
		const missing = Object.entries(who).find(([, value]) => value === '');
		if (missing) return setError({ details: { [missing[0]]: 'Is needed' }, message: '' });
		setBusy(true);
		setError(null);
		try {
			await login(who);
		} catch (e) {
			setError(e);
			setBusy(false);
		}
	}

	const wrong = error?.details ?? {};
	return html`<main class="login"><form class="card login-card" ref=${box} onSubmit=${submit} novalidate>
		<div class="login-brand"><img src="icons/well.svg" alt="" width="44" height="44" /><div><h1>FLOPY-NET</h1><p class="soft small">Federated-learning experiments</p></div></div>
		${note && html`<p class="banner banner-busy"><${Icon} name="info" size=${18} /><span>${note}</span></p>`}
		<div class="segments" role="group" aria-label="How to log in">
			<button type="button" class="grow" aria-pressed=${way === 'password' ? 'true' : 'false'} onClick=${() => { setWay('password'); setError(null); }}>Name and password</button>
			<button type="button" class="grow" aria-pressed=${way === 'token' ? 'true' : 'false'} onClick=${() => { setWay('token'); setError(null); }}>Token</button></div>
		${way === 'password' ? html`
			<${TextField} key="u" id="username" label="Name" value=${form.username} onInput=${set('username')} error=${wrong.username} autocomplete="username" autocapitalize="none" spellcheck=${false} />
			<${TextField} key="p" id="password" label="Password" type="password" value=${form.password} onInput=${set('password')} error=${wrong.password} autocomplete="current-password" />` : html`
			<${TextField} key="t" id="token" label="Token" type="password" value=${form.token} onInput=${set('token')} error=${wrong.token} autocomplete="off" hint="The administrator's first token is in the file var/token after ./dev up." />`}
		<div role="alert">${error?.message && html`<p class="wrong"><${Icon} name="cross" />${error.message}${error.retryAfter ? ` Try again in ${error.retryAfter} s.` : ''}</p>`}</div>
		<button class="button button-main" type="submit" disabled=${busy} aria-busy=${busy ? 'true' : null}><${Icon} name="lock" /> ${busy ? 'Logging in …' : 'Log in'}</button>
	</form></main>`;
}
