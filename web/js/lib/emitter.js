import { useEffect, useState } from './html.js';

/** A value that tells its readers when it changes. */
export function createValue(initial) {
	let value = initial;
	const readers = new Set();
	return {
		get: () => value,
		set(next) {
			if (Object.is(next, value)) return;
			value = next;
			for (const reader of [...readers]) reader(value);
		},
		subscribe(reader) {
			readers.add(reader);
			return () => readers.delete(reader);
		},
	};
}

/** The value, in a component that is drawn anew when it changes. */
export function useValue(source) {
	const [value, set] = useState(source.get());
	useEffect(() => {
		set(source.get()); // it may have changed between the drawing and here
		return source.subscribe(set);
	}, [source]);
	return value;
}

/** Named events without memory. */
export function createEmitter() {
	const readers = new Map();
	return {
		on(name, reader) {
			if (!readers.has(name)) readers.set(name, new Set());
			readers.get(name).add(reader);
			return () => readers.get(name).delete(reader);
		},
		emit(name, data) {
			for (const reader of [...(readers.get(name) ?? [])]) reader(data);
		},
	};
}
