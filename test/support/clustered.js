"use strict";
// Makes each server of the tests one of a cluster (npm run test:clustered).
process.env.SOCKHOP_TEST_CLUSTERED = "1";
