"""What training makes small."""

from __future__ import annotations

from torch import Tensor


def discriminative_error(mask: Tensor, mixture: Tensor, voice: Tensor, gamma: float) -> Tensor:
    """Squared error of the masked spectrum minus ``gamma`` times that against the other source.

    Huang et al. 2014, eq. 9, with the mixture's phase in it (the phase-sensitive spectrum of
    Erdogan et al. 2015): over complex spectra |mX − V|² = m²|X|² − 2m·Re(V X*) + |V|². As masks
    and sources both sum to the mixture, the second source's error equals the first's, so one term
    stands for both. What does not depend on the mask is left out, so the value may be negative.

    ``mask``, ``mixture`` |X| and ``voice`` Re(V X*)/|X| are ``(batch, n_frames, n_bins)``;
    ``gamma`` lies in [0, 0.5]. Returns the mean over all elements.
    """
    masked = mask * mixture
    own = masked * (masked - 2 * voice)
    other = masked * (masked - 2 * (mixture - voice))
    return (own - gamma * other).mean()
