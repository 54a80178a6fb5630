// A script of its own that holds up the first paint: a theme chosen in this browser is there before anything is drawn.
try {
  const theme = localStorage.getItem('theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // The browser forbids storage: then nothing was chosen.
}
