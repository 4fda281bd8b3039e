// Prints the token that Google's library finds.
import { GoogleAuth } from "google-auth-library";

const auth = new GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloud-platform" });
console.log("TOKEN", await auth.getAccessToken());
