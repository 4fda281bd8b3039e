// Tests speak English, unless they choose another language.
import { speak } from "../src/lib/locale.svelte";

await speak("en");
