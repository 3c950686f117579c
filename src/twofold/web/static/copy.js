// The button that copies the key. It appears only where script runs; the key itself can always
// be marked in one gesture. What is copied is the text without the gaps, which are only drawn.

async function put(text, element) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  // Without TLS there is no clipboard; mark the key and use the older command.
  getSelection().selectAllChildren(element);
  if (!document.execCommand("copy")) throw new Error("not copied");
}

for (const button of document.querySelectorAll("[data-copies]")) {
  const source = document.getElementById(button.dataset.copies);
  const said = button.parentElement.querySelector("[data-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    said.textContent = "";
    try {
      await put("keepsLines" in button.dataset ? source.innerText.trim() : source.textContent.replace(/\s/g, ""), source);
      said.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(source);
      said.textContent = "The key is marked. Copy it with the keyboard or the menu.";
    }
  });
}

// A button that opens the browser's print dialogue, for the sheet of recovery codes.
for (const button of document.querySelectorAll("[data-prints]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}
