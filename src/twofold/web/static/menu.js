// Arrow keys for the menu under the person's name. Opening, Enter, Esc and the way back of the
// focus are the browser's own: the list is a popover. Sign out posts at once, where the plain
// link asks first.

const button = document.querySelector(".menu-button");
const list = document.querySelector(".menu-list");
const links = [...list.querySelectorAll("a")];

const isOpen = () => list.matches(":popover-open");

function step(event) {
  const at = links.indexOf(document.activeElement);
  const last = links.length - 1;
  const to = {
    ArrowDown: at < last ? at + 1 : 0,
    ArrowUp: at > 0 ? at - 1 : last,
    Home: 0,
    End: last,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  links[to].focus();
}

button.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  if (!isOpen()) list.showPopover({ source: button });
  step(event);
});

list.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isOpen()) {
    event.preventDefault();
    list.hidePopover();
    button.focus();
    return;
  }
  step(event);
});

// Leaving the menu with Tab closes it, so that it never hides what has the focus.
list.addEventListener("focusout", (event) => {
  const to = event.relatedTarget;
  if (isOpen() && to && to !== button && !list.contains(to)) list.hidePopover();
});

for (const link of list.querySelectorAll("[data-submits]")) {
  link.addEventListener("click", (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    document.getElementById(link.dataset.submits).requestSubmit();
  });
}
