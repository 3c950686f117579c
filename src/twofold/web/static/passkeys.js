// Passkeys. The only part of a page that cannot work without script: the browser hands a passkey
// to script alone. What it answers is put into a field of an ordinary form, and the form is sent.
//
// A block with data-passkey holds what the browser is asked, as JSON: "get" to use a passkey,
// "create" to make one. With data-asks the question is fetched when it is needed, and a browser
// that can offers its passkeys in the address field too (conditional mediation).

const LATE = 4 * 60 * 1000; // a question is answered within five minutes
const STILL = "Nothing was sent. Press the button when you are ready.";
const SAID = {
  InvalidStateError: "This device has a passkey for this site already. Use another device.",
  NotSupportedError: "This device cannot make a passkey. Use another one.",
  SecurityError: "Passkeys do not work at this address. Open this site at its own address.",
};
const loaded = Date.now();
const can = window.PublicKeyCredential?.parseRequestOptionsFromJSON
  && window.PublicKeyCredential?.parseCreationOptionsFromJSON;

for (const block of document.querySelectorAll("[data-passkey]")) {
  block.hidden = !can;
  if (can) start(block);
}
for (const words of document.querySelectorAll("[data-no-passkey]")) words.hidden = Boolean(can);

function start(block) {
  const button = block.querySelector("button");
  const said = block.querySelector("[role=status]");
  let waiting = null;

  async function ask(mediation) {
    waiting?.abort();
    waiting = new AbortController();
    const own = waiting;
    const options = await question(block, own.signal);
    if (own.signal.aborted || !options) return;
    const made = await answer(block.dataset.passkey, options, own.signal, mediation);
    if (made) send(block, made);
  }

  button.addEventListener("click", async () => {
    said.textContent = "";
    try {
      await ask();
    } catch (error) {
      said.textContent = SAID[error.name] ?? (error.name === "TypeError"
        ? "The site did not answer. Try again in a moment." : STILL);
    }
  });
  if (block.dataset.asks) offer(ask);
}

async function offer(ask) {
  try {
    if (await PublicKeyCredential.isConditionalMediationAvailable?.()) await ask("conditional");
  } catch {
    // The button is still there, and the password too.
  }
}

async function question(block, signal) {
  if (block.dataset.asks) {
    const answer = await fetch(block.dataset.asks, { method: "POST", signal, redirect: "error" });
    if (!answer.ok) throw new TypeError(answer.statusText);
    return answer.json();
  }
  if (Date.now() - loaded > LATE) await renew(block, signal);
  return JSON.parse(block.dataset.options);
}

// The page stood open too long for its question: take a new one from the same page.
async function renew(block, signal) {
  const answer = await fetch(location.href, { signal, redirect: "error" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-passkey]");
  if (fresh) block.dataset.options = fresh.dataset.options;
}

function answer(kind, options, signal, mediation) {
  if (kind === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return navigator.credentials.create({ publicKey, signal });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey, signal, mediation });
}

function send(block, credential) {
  const form = block.closest("form");
  form.elements.passkey.value = JSON.stringify(credential.toJSON());
  form.requestSubmit();
}
