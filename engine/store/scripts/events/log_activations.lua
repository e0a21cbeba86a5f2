-- Logs that scheduled policy versions are active from now on whose instant has come.
--
-- Keys, by the names in script_keys.py.
-- ARGV  1 now (UTC seconds)
-- Answers nothing.
log_due_activations(ARGV[1])
