// Before the first paint, so that a chosen theme does not flash the other one. No module: it must not wait.
(function () {
	try {
		var theme = localStorage.getItem('flopynet.theme');
		if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
	} catch (_) { /* storage may be forbidden: the system's setting counts */ }
})();
