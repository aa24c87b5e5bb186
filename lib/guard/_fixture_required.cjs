"use strict";
module.exports = "required";
