// Two small kindnesses for forms. Every page works without them.
//
// A form posts once: a second press would send a code again, which counts as used. The guard is
// lifted when the page comes back from the browser's memory (the Back button), and does not hold
// where the answer is a file and the page stays.
// The summary of errors takes the focus, so that it is read first and the fields come next.

const sent = new WeakSet();

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "downloads" in form.dataset) return;
  if (sent.has(form)) {
    event.preventDefault();
    return;
  }
  sent.add(form);
  form.setAttribute("aria-busy", "true");
});

addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) {
    sent.delete(form);
    form.removeAttribute("aria-busy");
  }
});

const summary = document.querySelector("[data-takes-focus]");
if (summary) summary.focus();
