package parent

// Pause is the time between two looks.
const Pause = pause
