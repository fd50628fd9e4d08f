
// What the browser keeps for the page; where it keeps nothing, or is full, the page does until it is closed.
function storage(kind) {
  const own = new Map();
  return {
    get(key) {
      if (own.has(key)) return own.get(key);
      try {
        return window[kind].getItem(key);
      } catch {
        return null; // site data are blocked
      }
    },
    set(key, value) {
      try {
        window[kind].setItem(key, value);
        own.delete(key);
      } catch {
        own.set(key, String(value));
      }
    },
  };
}

const lasting = storage("localStorage");
const ofTheTab = storage("sessionStorage");
