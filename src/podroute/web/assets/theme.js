// Light, dark, or as the system has it; runs before anything is painted.
(() => {
  const KEY = "podroute-theme";
  const root = document.documentElement;
  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  };
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const show = (choice) => {
    const wanted = choice === "light" || choice === "dark" ? choice : dark.matches ? "dark" : "light";
    root.dataset.theme = wanted;
    root.dataset.choice = choice ?? "system";
    dispatchEvent(new Event("podroute-theme"));
  };
  dark.addEventListener("change", () => show(stored()));
  window.podrouteTheme = (choice) => {
    try {
      choice === "system" ? localStorage.removeItem(KEY) : localStorage.setItem(KEY, choice);
    } catch {
      // a browser that keeps nothing forgets the choice
    }
    show(choice === "system" ? null : choice);
  };
  show(stored());
})();
