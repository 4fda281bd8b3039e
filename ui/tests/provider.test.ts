import { expect, test } from "vitest";
import { filled, issuerForm, missing } from "../src/lib/provider";

test("the values of an address are found and filled in", () => {
  const form = issuerForm("https://HOST/auth/realms/REALM before version 17");
  expect(form).toEqual({
    address: "https://HOST/auth/realms/REALM",
    remark: "before version 17",
    blanks: [{ key: "HOST", label: "Host" }, { key: "REALM", label: "Realm" }],
  });
  expect(missing(form, { HOST: "sso.example.com" })?.key).toBe("REALM");
  expect(missing(form, { HOST: "sso.example.com", REALM: "staff" })).toBeUndefined();
  expect(filled(form, { HOST: " https://sso.example.com/ ", REALM: "staff" })).toBe("https://sso.example.com/auth/realms/staff");
  expect(filled(form, { HOST: "sso.example.com" })).toBe("https://sso.example.com/auth/realms/REALM");
});

test("labels are words", () => {
  expect(issuerForm("https://login.example/TENANT-ID/v2.0").blanks).toEqual([{ key: "TENANT-ID", label: "Tenant ID" }]);
  expect(issuerForm("https://YOUR.DOMAIN/").blanks).toEqual([{ key: "YOUR.DOMAIN", label: "Your domain" }]);
  expect(issuerForm("https://accounts.google.com").blanks).toEqual([]);
});
