"""Names, order and tree of the hand's joints.

The skeleton has 22 joints: 17 that can be posed (`POSED`, the wrist first, parents
before children) and 5 finger tips behind them. The 21 key points of the field
(`KEYPOINTS`) leave the thumb's carpal joint out.
"""

FINGERS = ("thumb", "index", "middle", "ring", "little")

POSED = (
    "wrist",
    "thumb_carpal", "thumb_cmc", "thumb_mcp", "thumb_ip",
    "index_mcp", "index_pip", "index_dip",
    "middle_mcp", "middle_pip", "middle_dip",
    "ring_mcp", "ring_pip", "ring_dip",
    "little_mcp", "little_pip", "little_dip",
)  # fmt: skip
TIPS = tuple(f"{finger}_tip" for finger in FINGERS)
JOINTS = POSED + TIPS

POSED_PARENTS = (-1, 0, 1, 2, 3, 0, 5, 6, 0, 8, 9, 0, 11, 12, 0, 14, 15)
JOINT_PARENTS = (*POSED_PARENTS, 4, 7, 10, 13, 16)

KEYPOINTS = (
    "wrist",
    "thumb_cmc", "thumb_mcp", "thumb_ip", "thumb_tip",
    "index_mcp", "index_pip", "index_dip", "index_tip",
    "middle_mcp", "middle_pip", "middle_dip", "middle_tip",
    "ring_mcp", "ring_pip", "ring_dip", "ring_tip",
    "little_mcp", "little_pip", "little_dip", "little_tip",
)  # fmt: skip
KEYPOINT_PARENTS = (
    -1,
    0,
    1,
    2,
    3,
    0,
    5,
    6,
    7,
    0,
    9,
    10,
    11,
    0,
    13,
    14,
    15,
    0,
    17,
    18,
    19,
)

# Where each key point stands among the 22 joints of the skeleton.
KEYPOINT_JOINTS = tuple(JOINTS.index(name) for name in KEYPOINTS)

# The 15 posed joints of the 45-parameter view, in MANO's order: index, middle, little,
# ring, thumb, each from the palm outwards.
MANO_POSED = tuple(
    POSED.index(f"{finger}_{joint}")
    for finger in ("index", "middle", "little", "ring", "thumb")
    for joint in (("cmc", "mcp", "ip") if finger == "thumb" else ("mcp", "pip", "dip"))
)
