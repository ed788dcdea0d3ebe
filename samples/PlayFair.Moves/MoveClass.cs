namespace PlayFair.Moves;

/// <summary>
/// The 24 actions of the Moves data set, in the spirit of Something-Something. The value is the class index of the
/// models trained on it.
/// </summary>
/// <remarks>
/// The first sixteen are eight pairs of which one is exactly the other played backwards (<see cref="MoveClasses.Reverse"/>):
/// the frames of the two have the same distribution, so that only their order tells them apart. The last eight are four
/// pairs that begin alike and part later.
/// </remarks>
public enum MoveClass
{
    MovingRight,
    MovingLeft,
    MovingDown,
    MovingUp,
    MovingTowards,
    MovingAway,
    Approaching,
    Separating,
    Entering,
    Leaving,
    RotatingClockwise,
    RotatingAnticlockwise,
    Covering,
    Uncovering,
    Opening,
    Closing,
    Passing,
    Colliding,
    LiftingAndDropping,
    LiftingAndHolding,
    PushingOffEdge,
    PushingAlmostOffEdge,
    PickingUp,
    PretendingToPickUp,
}

public static class MoveClasses
{
    private static readonly string[] Names =
    [
        "moving something right",
        "moving something left",
        "moving something down",
        "moving something up",
        "moving something towards the camera",
        "moving something away from the camera",
        "two things approaching each other",
        "two things separating from each other",
        "something entering view",
        "something leaving view",
        "rotating something clockwise",
        "rotating something anticlockwise",
        "covering something",
        "uncovering something",
        "opening something",
        "closing something",
        "two things passing each other",
        "two things colliding",
        "lifting something and dropping it",
        "lifting something and holding it",
        "pushing something off an edge",
        "pushing something almost off an edge",
        "picking something up",
        "pretending to pick something up",
    ];

    public static IReadOnlyList<MoveClass> All { get; } = Enum.GetValues<MoveClass>();

    /// <summary>The class's name as the model packages carry it.</summary>
    public static string Name(this MoveClass move) => Names[(int)move];

    /// <summary>The class whose videos are this one's played backwards; null for the last eight.</summary>
    public static MoveClass? Reverse(this MoveClass move) =>
        move < MoveClass.Passing ? (MoveClass)((int)move ^ 1) : null;
}
