// Before the first paint: the theme somebody chose, else the system's. The switch stores light or dark, or removes the key.
try {
  const theme = localStorage.getItem('kinora-theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's theme it is.
}
