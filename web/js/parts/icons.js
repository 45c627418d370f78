import { html } from '../lib/html.js';

// 16 × 16, drawn with lines of the text's colour. A shape means one thing everywhere.
const PATHS = {
	check: 'M3 8.5l3.2 3.2L13 4.8', cross: 'M4 4l8 8M12 4l-8 8', triangle: 'M8 2.2L14.5 13.5h-13zM8 6.5v3.2M8 11.6v.2', question: 'M5.8 6a2.3 2.3 0 1 1 3.3 2.1c-.8.4-1.1.8-1.1 1.7M8 12.2v.2',
	ring: 'M8 3a5 5 0 1 0 0 10A5 5 0 0 0 8 3z', clock: 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 5v3.2l2.2 1.5', play: 'M5 3.2v9.6L12.6 8z', pause: 'M5.5 3.5v9M10.5 3.5v9', turn: 'M13.5 8A5.5 5.5 0 1 1 8 2.5',
	square: 'M4 4h8v8H4z', slash: 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM4 12l8-8', bell: 'M4.2 11.5V7a3.8 3.8 0 0 1 7.6 0v4.5l1.2 1H3zM6.8 14h2.4', eye: 'M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z',
	info: 'M8 2.2a5.8 5.8 0 1 0 0 11.6A5.8 5.8 0 0 0 8 2.2zM8 7.2v3.6M8 5v.2', arrows: 'M3 6h9L9.5 3.5M13 10H4l2.5 2.5', plus: 'M8 3v10M3 8h10', search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5L14 14',
	up: 'M8 3.5v9M4 7.5l4-4 4 4', down: 'M8 12.5v-9M4 8.5l4 4 4-4', both: 'M5 6l3-3 3 3M5 10l3 3 3-3', down_small: 'M4 6l4 4 4-4', left: 'M10 3L5 8l5 5', right: 'M6 3l5 5-5 5', copy: 'M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3', download: 'M8 2.5v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11',
	trash: 'M2.5 4.5h11M6 4.5v-2h4v2M4 4.5l.7 9h6.6l.7-9', edit: 'M3 13l.6-2.8 7.2-7.2 2.2 2.2-7.2 7.2z', sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9L13 13M3 13l1.1-1.1M11.9 4.1L13 3', moon: 'M13 9.6A5.6 5.6 0 1 1 6.4 3a4.6 4.6 0 0 0 6.6 6.6z', half: 'M8 2.2a5.8 5.8 0 1 0 0 11.6zM8 2.2a5.8 5.8 0 0 1 0 11.6',
	out: 'M6.5 2.5h-4v11h4M6 8h8M11 5l3 3-3 3', home: 'M2.5 7.5L8 2.5l5.5 5v6h-11zM6.5 13.5v-4h3v4', flask: 'M6 2.5h4M6.5 2.5v4L3 13.5h10L9.5 6.5v-4M4.8 10h6.4', chart: 'M2.5 2.5v11h11M5 10.5l2.8-3.3 2.2 2 3.2-4.4', gear: 'M8 5.6a2.4 2.4 0 1 0 0 4.8 2.4 2.4 0 0 0 0-4.8zM8 1.8v2M8 12.2v2M1.8 8h2M12.2 8h2M3.6 3.6L5 5M11 11l1.4 1.4M3.6 12.4L5 11M11 5l1.4-1.4', compare: 'M2.5 12.5C6 12.5 6 5 13.5 3.5M2.5 12.5C8 12.5 9 9.5 13.5 9', antenna: 'M8 7.2a.8.8 0 1 0 0 1.6.8.8 0 0 0 0-1.6zM5.2 5.2a4 4 0 0 0 0 5.6M10.8 5.2a4 4 0 0 1 0 5.6M3.2 3.2a6.8 6.8 0 0 0 0 9.6M12.8 3.2a6.8 6.8 0 0 1 0 9.6', zoom_out: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.5 10.5L14 14M5 7h4',
	database: 'M3 4c0-2 10-2 10 0v8c0 2-10 2-10 0zM3 4c0 2 10 2 10 0M3 8c0 2 10 2 10 0', server: 'M2.5 3h11v4h-11zM2.5 9h11v4h-11zM5 5v.1M5 11v.1', lock: 'M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5', user: 'M8 2.5a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM2.8 13.8c.6-3 2.6-4.3 5.2-4.3s4.6 1.3 5.2 4.3', refresh: 'M13.2 6A5.5 5.5 0 1 0 13.5 9M13.5 2.5V6H10', mute: 'M4.2 11.5V7A3.8 3.8 0 0 1 11 4.8M11.8 8v3.5l1.2 1H3M6.8 14h2.4M2.5 2.5l11 11', send: 'M2 8l12-5.5L10.5 14 8 9.5zM8 9.5L14 2.5',
};
const SOLID = new Set(['play', 'square']);

export function Icon({ name, size = 16 }) {
	return html`<svg width=${size} height=${size} viewBox="0 0 16 16" fill=${SOLID.has(name) ? 'currentColor' : 'none'} stroke="currentColor" stroke-width="1.6"
		stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false"><path d=${PATHS[name] ?? PATHS.question} /></svg>`;
}
