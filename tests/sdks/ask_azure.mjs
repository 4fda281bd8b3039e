// Prints a token for the resource that the first argument names.
import { DefaultAzureCredential } from "@azure/identity";

const { token } = await new DefaultAzureCredential().getToken(`${process.argv[2]}/.default`);
console.log("TOKEN", token);
