"""Prints the key that boto3 finds, and how it found it."""

import boto3

credentials = boto3.Session(region_name="eu-west-1").get_credentials()
print("KEY", credentials.get_frozen_credentials().access_key)
print("FROM", credentials.method)
