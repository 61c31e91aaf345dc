"""Pictures: covers and their lettering, logos, loudness drawn over time, and pictures from elsewhere read safely."""
