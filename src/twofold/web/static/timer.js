// The time left on the page of a wait. The page says it all without this; here the words change
// at most every 30 seconds, politely for screen readers, and nothing ever reloads. Counted from
// the moment the page came, because the clock of the device may be the very thing that is off.

const STEP = 30;

function words(left) {
  if (left <= 0) return "You can try again now.";
  const up = Math.ceil(left / STEP) * STEP;
  return up <= 120 ? `Up to ${up} seconds left.` : `About ${Math.ceil(up / 60)} minutes left.`;
}

function run(line) {
  const end = Date.now() + Number(line.dataset.seconds) * 1000;
  let timer = 0;
  const show = () => {
    clearTimeout(timer);
    const left = Math.ceil((end - Date.now()) / 1000);
    const said = words(left);
    if (line.textContent !== said) line.textContent = said;
    if (left > 0) timer = setTimeout(show, (left - (Math.ceil(left / STEP) - 1) * STEP) * 1000);
  };
  show();
  line.hidden = false;
  // A phone that slept stopped counting.
  addEventListener("pageshow", show);
  document.addEventListener("visibilitychange", () => document.hidden || show());
}

for (const line of document.querySelectorAll("[role=timer][data-seconds]")) run(line);
