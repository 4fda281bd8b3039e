// Prints the key that AWS's SDK finds.
import { fromNodeProviderChain } from "@aws-sdk/credential-providers";

try {
  const credentials = await fromNodeProviderChain({ clientConfig: { region: "eu-west-1" } })();
  console.log("KEY", credentials.accessKeyId);
} catch (error) {
  // What an application that uses the SDK logs.
  console.error(error.message, error.Code ?? "", error.Message ?? "");
  process.exitCode = 1;
}
