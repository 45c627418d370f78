// What several runs have in common and what not; pure.

/** 'exp_001.exp_002' → ['exp_001', 'exp_002'], each once, at most so many. */
export const readIds = (text, most) => [...new Set((text ?? '').split('.').filter((id) => /^exp_\d{3,18}$/.test(id)))].slice(0, most);

/** Each member of scenario, configuration, network and policies: [{ name, values, differs }] in a steady order. */
export function differences(experiments) {
	const all = experiments.map((e) => {
		const { not_applied: _, ...network } = e.network_settings ?? {};
		return { scenario: e.scenario, engine: e.engine, ...e.configuration, ...network, policies: (e.policies ?? []).join(', ') || null };
	});
	const names = [...new Set(all.flatMap((one) => Object.keys(one)))];
	return names.map((name) => {
		const values = all.map((one) => one[name]);
		return { name, values, differs: values.some((v) => v !== values[0]) };
	});
}
