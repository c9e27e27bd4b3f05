"""The supervisor: owns every process and socket of the platform."""
