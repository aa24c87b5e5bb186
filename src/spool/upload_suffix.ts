/** How the name of a spooled upload ends. */
export const uploadSuffix = ".upload";
