import { randomInt } from "node:crypto";

/**
 * An IPv4 loopback address that nobody else uses: Linux answers on all of 127.0.0.0/8. Each part of a test gets one
 * of its own, so tests run side by side and all use port 5060, as in the books. Of 4 million, two alike are not met.
 */
export function loopbackAddress(): string {
  return `127.${String(randomInt(64, 128))}.${String(randomInt(256))}.${String(randomInt(1, 255))}`;
}
