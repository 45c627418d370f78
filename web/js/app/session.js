import { AuthenticationError } from '../../vendor/flopy-net-client/index.js';
import { createValue } from '../lib/emitter.js';
import { client } from './client.js';

const RANK = { none: 0, viewer: 1, operator: 2, admin: 3 };

/** undefined: not known yet. null: nobody is logged in. Else { name, role, experiment, auth, expires_at }. */
export const session = createValue(undefined);
/** Why there is no session, in words for the login page. */
export const sessionNote = createValue('');

/** May the user do what needs this role? What would be refused is not offered. */
export const may = (role) => (RANK[session.get()?.role] ?? 0) >= RANK[role];

export async function loadSession() {
	try {
		session.set((await client.auth.me()).user);
	} catch (error) {
		if (!(error instanceof AuthenticationError)) throw error;
		session.set(null);
	}
}

export async function login(who) {
	const { user } = await client.auth.login(who);
	sessionNote.set('');
	session.set(user);
}

export async function logout() {
	try {
		await client.auth.logout();
	} finally {
		session.set(null);
	}
}

/** Anything that was answered with 401 ends here. */
export function sessionLost() {
	if (!session.get()) return;
	sessionNote.set('Your session has ended. Log in to go on where you were.');
	session.set(null);
}
