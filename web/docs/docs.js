// The description of the API, drawn by Redoc from what this very server answers.  Nothing of this is loaded by the dashboard's own pages.
const SPEC = new URL('../api/v1/openapi.json', location.href).pathname;
const place = document.getElementById('document');

function say(...parts) {
	const note = Object.assign(document.createElement('p'), { className: 'note' });
	note.setAttribute('role', 'alert');
	note.append(...parts);
	place.replaceChildren(note);
}

const theYaml = () => Object.assign(document.createElement('a'), { href: '../api/v1/openapi.yaml', textContent: 'openapi.yaml' });

/** The dashboard's colours just now. Redoc computes with them, so that they must be colours and no variables. */
function colours() {
	const probe = document.body.appendChild(Object.assign(document.createElement('i'), { hidden: true }));
	const colour = (name) => {
		probe.style.color = `var(--${name})`;
		return getComputedStyle(probe).color;
	};
	const names = ['ground', 'surface', 'raised', 'sunken', 'line', 'ink', 'ink-soft', 'ink-faint', 'accent', 'accent-strong', 'good', 'warn', 'bad', 'busy', 'idle'];
	const found = Object.fromEntries(names.map((name) => [name, colour(name)]));
	probe.remove();
	return found;
}

function theme() {
	const c = colours();
	const font = getComputedStyle(document.body).fontFamily;
	const mono = getComputedStyle(document.documentElement).getPropertyValue('--mono');
	return {
		colors: {
			primary: { main: c.accent },
			success: { main: c.good }, warning: { main: c.warn }, error: { main: c.bad }, gray: { 50: c.sunken, 100: c.line },
			text: { primary: c.ink, secondary: c['ink-soft'] },
			border: { dark: c.line, light: c.line },
			responses: {
				success: { color: c.good, backgroundColor: c.sunken }, error: { color: c.bad, backgroundColor: c.sunken },
				redirect: { color: c.idle, backgroundColor: c.sunken }, info: { color: c.busy, backgroundColor: c.sunken },
			},
			http: { get: '#1d7a4f', post: '#2458b8', put: '#8a5200', patch: '#8a5200', delete: '#b3261e', options: '#54627a', head: '#54627a', basic: '#54627a', link: '#54627a' },
		},
		schema: { nestedBackground: c.sunken, linesColor: c.line, typeNameColor: c['ink-soft'], typeTitleColor: c['ink-soft'], requireLabelColor: c.bad },
		typography: {
			fontSize: '15px', lineHeight: '1.5', fontFamily: font,
			headings: { fontFamily: font, fontWeight: '650' },
			code: { fontFamily: mono, fontSize: '13px', color: c['accent-strong'], backgroundColor: c.sunken, wrap: true },
			links: { color: c.accent, visited: c.accent, hover: c['accent-strong'] },
		},
		sidebar: { backgroundColor: c.surface, textColor: c.ink, activeTextColor: c.accent, arrow: { color: c['ink-soft'] }, width: '270px' },
		rightPanel: { backgroundColor: '#14202f', textColor: '#e8eef6' },
		codeBlock: { backgroundColor: '#0b1320' },
	};
}

function draw() {
	const options = {
		theme: theme(), scrollYOffset: 52, nativeScrollbars: true, hideDownloadButtons: true, hideHostname: true, requiredPropsFirst: true, sortRequiredPropsFirst: true,
		showExtensions: ['x-role', 'x-role-alternative', 'x-rate-class'], jsonSamplesExpandLevel: 3, generatedSamplesMaxDepth: 4,
	};
	globalThis.Redoc.init(SPEC, options, place, (e) => {
		if (e) say('The API does not answer: ', e.message, '. Its description is in ', theYaml(), ' as soon as it does.');
	});
}

const library = Object.assign(document.createElement('script'), { src: '../vendor/redoc.js' });
library.onload = draw;
library.onerror = () => say('The part that draws this page was not installed with the dashboard. The same is in ', theYaml(), '.');
document.head.append(library);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => globalThis.Redoc && draw());
