"""Derivatives checked: against numerical ones, in tests, and in what somebody else wrote."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .check import check_gradients as check_gradients
    from .exercise import BackwardReport as BackwardReport
    from .exercise import check_backward as check_backward
    from .networks import gradient_check as gradient_check
    from .numerical import Estimate as Estimate
    from .numerical import numerical_derivative as numerical_derivative
    from .numerical import numerical_gradient as numerical_gradient
    from .report import GradientReport as GradientReport
    from .testing import assert_gradients as assert_gradients
