import { useValue } from '../lib/emitter.js';
import { useEffect } from '../lib/html.js';
import { announce } from './announce.js';
import { client } from './client.js';
import { liveState } from './live.js';
import { noteConfiguration } from './refresh.js';
import { useResource, useUpdates } from './resource.js';
import { noteTrouble } from './trouble.js';
import { stateOf } from '../lib/status.js';

/** Draws nothing: keeps the title, the icon and those who listen informed, whatever page is open. */
export function Watch() {
	const open = useResource('watch.alerts', (signal) => client.alerts.list({ open: true, limit: 100 }, { signal }), { every: 60_000, liveEvery: 300_000, evenHidden: true });
	const health = useResource('watch.health', (signal) => client.health.get({ signal }), { every: 60_000, liveEvery: 120_000 });
	const config = useResource('config', (signal) => client.config.get({ signal }), { every: 60_000, liveEvery: 300_000, steady: true });
	const live = useValue(liveState);
	useUpdates('alert', (alert) => {
		open.refresh();
		if (alert.change === 'opened' || alert.change === 'escalated') announce(`Alert, ${alert.severity}: ${alert.title}`);
	});
	useUpdates('experiment_update', (e) => {
		if (e.change === 'status') announce(`${e.name}: ${stateOf('experiment', e.status).word.toLowerCase()}`);
	});
	useUpdates('metrics_update', (m) => {
		if (m.change === 'service') health.refresh();
		if (m.change === 'config') config.refresh();
	});
	useEffect(() => { if (config.data) noteConfiguration(config.data); }, [config.data]);
	useEffect(() => {
		const active = open.data?.alerts.filter((a) => a.status === 'active') ?? [];
		noteTrouble({
			alerts: active.length, critical: active.filter((a) => a.severity === 'critical').length,
			health: health.data?.status ?? 'healthy', stale: live.state === 'lost',
		});
	}, [open.data, health.data, live]);
	return null;
}
