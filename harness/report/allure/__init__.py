"""What Allure gets of runs and of TestScripts; allure-pytest writes the files."""
