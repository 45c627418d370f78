// Every view once: a picture, accessibility, width, console. VIEW is one of VIEWS, RUN a running experiment, ODD one whose loss is no number.
import { look, run } from './browser.mjs';

const { VIEW: view, RUN: id, ODD: odd } = process.env;

const pages = [
	['overview', '#/', '.run', true],
	['experiments', '#/experiments', 'tbody tr'],
	['run', `#/experiments/${id}`, '.chart canvas', true],
	['clients', `#/experiments/${id}?tab=clients`, 'tbody tr'],
	['timeline', `#/experiments/${id}?tab=timeline`, '.timeline li'],
	['setup', `#/experiments/${id}?tab=configuration`, '.pairs'],
	['files', `#/experiments/${id}?tab=files`, '.empty, tbody tr'],
	['log', `#/experiments/${id}?tab=log`, '.log, .empty'],
	['odd', `#/experiments/${odd}`, '.chart canvas'],
	['compare', `#/compare?ids=exp_001.${id}.${odd}`, '.chart canvas', true],
	['alerts', '#/alerts?status=all', '.line'],
	['alert', '#/alerts?id=alert_001&status=all', '.detail .timeline li'],
	['rules', '#/alerts/rules', 'tbody tr'],
	['rule', '#/alerts/rules?edit=rule_003', 'dialog[open] input'],
	['silences', '#/alerts/silences', 'tbody tr'],
	['silence', '#/alerts/silences?create=new', 'dialog[open] input'],
	['deliveries', '#/alerts/deliveries', 'tbody tr'],
	['create', '#/experiments?create=new', 'dialog[open] input'],
];

// On the largest screen a few are enough: what differs there is the width of things.
await run(() => look(view, view === 'huge' ? pages.slice(0, 4) : pages));
