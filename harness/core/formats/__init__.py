"""Documents that other programs read and several rooms write: JUnit and SARIF, as their formats want them."""
