"""Inverse kinematics: from key points back to pose and shape.

chain      key points of few variables, and how they move with each of these
prior      where angles are wont to be
start      a closed form from key points in space
aim        starts from key points in a picture
descent    Levenberg and Marquardt's method within the joints' limits

`handjax.hands.fit_joints` puts them together.
"""
