// What the browser keeps for the next time: a name, an account's name and rooms, and a token of this device; never a password. Some keep nothing.

/** @param {"nick" | "account" | "rooms" | "language" | "notify" | "device"} key @returns {string} */
export function recall(key) {
  try {
    return localStorage.getItem(`parlance.${key}`) ?? "";
  } catch {
    return "";
  }
}

/** @param {"nick" | "account" | "rooms" | "language" | "notify" | "device"} key @param {string} value */
export function remember(key, value) {
  try {
    localStorage.setItem(`parlance.${key}`, value);
  } catch {
    // Then it is asked again.
  }
}
